package io.eurus.compat.javaservice;

import io.eurus.compat.spring.CopyController;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Import;

/**
 * A Java web service as any team would write it, for tests that need a real one behind the gateway. That it registers
 * itself is the doing of the Eureka client on its class path; nothing here touches the client's behaviour.
 */
@SpringBootApplication
@Import(CopyController.class)
public class JavaServiceApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(JavaServiceApplication.class, arguments);
    }
}
