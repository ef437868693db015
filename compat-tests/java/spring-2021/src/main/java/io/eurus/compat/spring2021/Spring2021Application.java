package io.eurus.compat.spring2021;

import io.eurus.compat.spring.CopyController;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Import;

/** A service as it was written for Spring Cloud 2021. That it registers itself is the doing of the Eureka client. */
@SpringBootApplication
@Import(CopyController.class)
public class Spring2021Application {

    public static void main(String[] arguments) {
        SpringApplication.run(Spring2021Application.class, arguments);
    }
}
