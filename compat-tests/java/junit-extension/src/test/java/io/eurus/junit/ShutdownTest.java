package io.eurus.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** As docs/harness.md shows it. */
class ShutdownTest {

    @RegisterExtension
    EurusExtension eurus = EurusExtension.builder()
            .nodesYaml("""
                    name: a gateway and two shops
                    registries: {registry-1: {}}
                    gateways: {gateway-1: {start: 5s}}
                    producers: {shop: {count: 2}}
                    """)
            .build();

    @Test
    void aShutdownIsSeenAfterTwoCaches() {
        eurus.clock().advance(Duration.ofSeconds(95));
        eurus.step("shutdown", "shop-1");
        assertEquals(Map.of("shop-1", "UP", "shop-2", "UP"), eurus.caches().view("gateway-1", "routable"));
        eurus.clock().advance(Duration.ofSeconds(60));
        assertEquals(Map.of("shop-2", "UP"), eurus.caches().view("gateway-1", "routable"));
        assertEquals("shop-2", eurus.request("shop").answeredBy());
    }
}
