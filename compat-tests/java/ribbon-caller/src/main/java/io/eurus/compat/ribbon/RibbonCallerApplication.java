package io.eurus.compat.ribbon;

import io.eurus.compat.spring.CopyController;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Import;

/** A caller as Spring Cloud has had them for years: a Eureka client, and a Ribbon balancer that copies its list. */
@SpringBootApplication
@Import(CopyController.class)
public class RibbonCallerApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(RibbonCallerApplication.class, arguments);
    }
}
