package io.eurus.compat.junitspring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.netflix.discovery.DiscoveryClient;
import com.netflix.discovery.EurekaClient;
import io.eurus.junit.DrivenClient;
import io.eurus.junit.EurusExtension;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.util.AopTestUtils;

/** A whole Spring Boot application, its client that of Spring Cloud, on stock intervals. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class ShopTest {

    @RegisterExtension
    static EurusExtension eurus = EurusExtension.builder().nodes("nodes.yaml").build();

    @DynamicPropertySource
    static void registry(DynamicPropertyRegistry properties) {
        properties.add("eureka.client.service-url.defaultZone", eurus::serviceUrl);
        properties.add("eureka.instance.instance-id", () -> "this-shop");
        // The registry is gone when Spring closes its context.
        properties.add("eureka.client.should-unregister-on-shutdown", () -> "false");
    }

    @Autowired
    EurekaClient client;

    @Autowired
    org.springframework.cloud.client.discovery.DiscoveryClient services;

    @Test
    void itSeesABackendCrash() {
        DiscoveryClient real = AopTestUtils.getUltimateTargetObject(client);
        DrivenClient driven = eurus.drive(real);

        eurus.clock().advance(Duration.ofSeconds(90));
        assertEquals("UP", eurus.caches().view("registry-1", "store").get("this-shop"));
        assertEquals(1, services.getInstances("backend").size());

        eurus.step("crash", "backend-1");
        eurus.clock().advance(Duration.ofSeconds(150)); // its lease lives 180 s from its last heartbeat
        assertEquals(1, driven.view("backend").size());
        eurus.clock().advance(Duration.ofSeconds(180));
        assertEquals(List.of(), services.getInstances("backend"));
        assertEquals("UP", eurus.caches().view("registry-1", "store").get("this-shop"), "it renews all along");
    }

    @Configuration
    @EnableAutoConfiguration
    static class Shop {}
}
