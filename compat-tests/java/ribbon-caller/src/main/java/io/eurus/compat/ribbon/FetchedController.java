package io.eurus.compat.ribbon;

import com.netflix.discovery.DiscoveryClient;
import com.netflix.discovery.EurekaClient;
import java.util.Map;
import org.springframework.aop.framework.Advised;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Shows when the Eureka client last fetched: the phase of its timer. */
@RestController
class FetchedController {

    private final EurekaClient client;

    FetchedController(EurekaClient client) {
        this.client = client;
    }

    /** Answers how long ago the last fetch succeeded. */
    @GetMapping("/fetched")
    Map<String, Object> fetched() throws Exception {
        // Spring hands out a proxy, so that the client can be replaced when the configuration changes.
        Object own = client instanceof Advised ? ((Advised) client).getTargetSource().getTarget() : client;
        return Map.of("fetchedMsAgo", ((DiscoveryClient) own).getLastSuccessfulRegistryFetchTimePeriod());
    }
}
