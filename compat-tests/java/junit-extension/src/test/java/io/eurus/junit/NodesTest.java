package io.eurus.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A gateway and sync-speed beside the registry; one of each for all tests: a static field. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NodesTest {

    @RegisterExtension
    static EurusExtension eurus = EurusExtension.builder()
            .nodesYaml("""
                    name: a gateway and sync-speed
                    registries: {registry-1: {}}
                    gateways: {gateway-1: {start: 0s}}
                    sync-speeds: {sync-speed-1: {}}
                    producers: {shop: {count: 2}}
                    """)
            .build();

    private static Duration leftAt;

    @Test
    @Order(1)
    void cachesAreDisturbed() {
        HarnessCaches caches = eurus.caches();
        eurus.clock().advance(Duration.ofSeconds(95));
        assertEquals(Map.of("shop-1", "UP", "shop-2", "UP"), caches.view("gateway-1", "routable"));
        caches.freeze("registry-1", "read-only");
        assertEquals(Optional.of("done"), eurus.step("offline", "shop-1"));
        assertEquals(new Eurus.Answer("shop-2", null), eurus.request("shop", "gateway-1"));
        assertEquals(new Eurus.Answer("shop-2", null), eurus.request("shop"), "through the only gateway");
        eurus.clock().advance(Duration.ofSeconds(60));
        assertEquals("UP", caches.view("registry-1", "read-only").get("shop-1"));
        caches.thaw("registry-1", "read-only");
        caches.refresh("registry-1", "read-only");
        assertEquals("OUT_OF_SERVICE", caches.view("registry-1", "read-only").get("shop-1"));
        assertEquals(Optional.empty(), eurus.step("set-status", Map.of("instance", "shop-2", "status", "DOWN")));
        assertEquals("DOWN", caches.view("registry-1", "store").get("shop-2"));
        Eurus.Change down =
                new Eurus.Change(eurus.clock().now(), "registry-1", "store", "shop-2", "UP", "DOWN");
        assertTrue(eurus.timeline().contains(down), eurus.timeline().toString());
        leftAt = eurus.clock().now();
    }

    @Test
    @Order(2)
    void aClassHasOneRegistry() {
        assertEquals(leftAt, eurus.clock().now());
    }

    @Test
    void addressesAreTold() {
        assertEquals(eurus.url("registry-1").toString(), eurus.serviceUrl());
        assertTrue(eurus.serviceUrl().endsWith("/eureka/"), eurus.serviceUrl());
        assertTrue(assertThrows(EurusException.class, () -> eurus.url("shop-9")).getMessage().contains("shop-9"));
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        RefusedException refused = assertThrows(RefusedException.class, () -> eurus.step("crash", "shop-9"));
        assertEquals(400, refused.status());
        assertTrue(refused.getMessage().contains("(known: shop-1, shop-2)"), refused.getMessage());
        refused = assertThrows(RefusedException.class, () -> eurus.caches().view("gateway-1", "store"));
        assertEquals("there is no layer store of gateway-1 (it has: client-copy, routable)", refused.getMessage());
        assertEquals(404, refused.status());
        refused = assertThrows(RefusedException.class, () -> eurus.request("shop", "gate way&"));
        assertTrue(refused.getMessage().startsWith("there is no gateway or caller 'gate way&'"), refused.getMessage());
        refused = assertThrows(RefusedException.class, () -> eurus.step("run", "registry-1"));
        assertEquals(409, refused.status());
    }

    @Nested
    class Within {

        @Test
        void theRegistryIsThatOfTheClassAround() {
            assertEquals(2, eurus.caches().view("registry-1", "store").size());
        }
    }
}
