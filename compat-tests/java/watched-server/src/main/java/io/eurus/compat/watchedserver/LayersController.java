package io.eurus.compat.watchedserver;

import com.netflix.appinfo.EurekaAccept;
import com.netflix.appinfo.InstanceInfo;
import com.netflix.discovery.shared.Application;
import com.netflix.eureka.registry.Key;
import com.netflix.eureka.registry.PeerAwareInstanceRegistry;
import com.netflix.eureka.registry.ResponseCacheImpl;
import java.lang.reflect.Field;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Shows the two layers that nothing reaches from outside. Lists are answered from the read-only cache alone, and an instance
 * whose lease is over is answered 404 even though it is not evicted yet.
 */
@RestController
class LayersController {

    private final PeerAwareInstanceRegistry registry;

    LayersController(PeerAwareInstanceRegistry registry) {
        this.registry = registry;
    }

    /** Answers the status of each instance that the registry holds, by its id. */
    @GetMapping("/store")
    Map<String, String> store() {
        Map<String, String> statuses = new TreeMap<>();
        for (Application application : registry.getApplicationsFromLocalRegionOnly().getRegisteredApplications()) {
            for (InstanceInfo instance : application.getInstancesAsIsFromEureka()) {
                statuses.put(instance.getInstanceId(), instance.getStatus().name());
            }
        }
        return statuses;
    }

    /** Answers the cached list of all instances as JSON, or 204 where nothing is cached. It loads nothing. */
    @GetMapping(path = "/read-write", produces = MediaType.APPLICATION_JSON_VALUE)
    ResponseEntity<String> readWrite() throws ReflectiveOperationException {
        Field field = ResponseCacheImpl.class.getDeclaredField("readWriteCacheMap");
        field.setAccessible(true);
        for (Map.Entry<?, ?> entry : cached(field.get(registry.getResponseCache())).entrySet()) {
            if (isTheWholeList((Key) entry.getKey())) {
                return ResponseEntity.ok(((ResponseCacheImpl.Value) entry.getValue()).getPayload());
            }
        }
        return ResponseEntity.noContent().build();
    }

    /** Guava, whose cache it is, is there at run time only. */
    private static Map<?, ?> cached(Object cache) throws ReflectiveOperationException {
        return (Map<?, ?>) Class.forName("com.google.common.cache.Cache").getMethod("asMap").invoke(cache);
    }

    private static boolean isTheWholeList(Key key) {
        return key.getName().equals(ResponseCacheImpl.ALL_APPS)
                && key.getType() == Key.KeyType.JSON
                && key.getEurekaAccept() == EurekaAccept.full
                && !key.hasRegions();
    }
}
