package io.eurus.compat.spring2021;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** A service as it was written for Spring Cloud 2021. That it registers itself is the doing of the Eureka client. */
@SpringBootApplication
public class Spring2021Application {

    public static void main(String[] arguments) {
        SpringApplication.run(Spring2021Application.class, arguments);
    }
}
