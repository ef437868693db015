package io.eurus.compat.spring;

import com.netflix.appinfo.InstanceInfo;
import com.netflix.discovery.EurekaClient;
import com.netflix.discovery.shared.Application;
import com.netflix.discovery.shared.Applications;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Shows the Eureka client's own copy of the registry, instances that are not UP included. */
@RestController
public class CopyController {

    private final EurekaClient eurekaClient;

    CopyController(EurekaClient eurekaClient) {
        this.eurekaClient = eurekaClient;
    }

    /** Answers the status of each instance by its id, and the hash that the client itself computes of them. */
    @GetMapping("/copy")
    public Map<String, Object> copy() {
        Applications applications = eurekaClient.getApplications();
        Map<String, String> statuses = new TreeMap<>();
        for (Application application : applications.getRegisteredApplications()) {
            for (InstanceInfo instance : application.getInstancesAsIsFromEureka()) {
                statuses.put(instance.getInstanceId(), instance.getStatus().name());
            }
        }
        return Map.of("hash", applications.getReconcileHashCode(), "instances", statuses);
    }
}
