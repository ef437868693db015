package io.eurus.compat.watchedserver;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.netflix.eureka.server.EnableEurekaServer;

/** The stock server. What is added only looks: no timer, no cache and no answer of the server differs. */
@SpringBootApplication
@EnableEurekaServer
public class WatchedServerApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(WatchedServerApplication.class, arguments);
    }
}
