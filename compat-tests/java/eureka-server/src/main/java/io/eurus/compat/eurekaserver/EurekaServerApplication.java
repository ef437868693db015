package io.eurus.compat.eurekaserver;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.netflix.eureka.server.EnableEurekaServer;

/**
 * The server that eurus has to be interchangeable with. It holds no code of its own, so that whatever a test finds out
 * about it is true of every stock Spring Cloud Eureka server.
 */
@SpringBootApplication
@EnableEurekaServer
public class EurekaServerApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(EurekaServerApplication.class, arguments);
    }
}
