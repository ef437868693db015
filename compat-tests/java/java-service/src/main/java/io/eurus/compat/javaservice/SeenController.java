package io.eurus.compat.javaservice;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Shows what the discovery client of this service knows at the moment, so that a test can tell when a change in the
 * registry has reached a Java peer.
 */
@RestController
public class SeenController {

    private final DiscoveryClient discoveryClient;

    SeenController(DiscoveryClient discoveryClient) {
        this.discoveryClient = discoveryClient;
    }

    /** Answers the instances by service name. */
    @GetMapping("/seen")
    public Map<String, List<SeenInstance>> seen() {
        Map<String, List<SeenInstance>> instancesByService = new TreeMap<>();
        for (String service : discoveryClient.getServices()) {
            List<SeenInstance> instances =
                    discoveryClient.getInstances(service).stream().map(SeenInstance::of).toList();
            instancesByService.put(service, instances);
        }
        return instancesByService;
    }
}
