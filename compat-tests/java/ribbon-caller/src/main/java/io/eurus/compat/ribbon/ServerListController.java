package io.eurus.compat.ribbon;

import com.netflix.loadbalancer.DynamicServerListLoadBalancer;
import com.netflix.loadbalancer.ILoadBalancer;
import com.netflix.loadbalancer.Server;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.cloud.netflix.ribbon.SpringClientFactory;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Shows the list of a Ribbon balancer. The first request for a service makes its balancer, as a first call would. */
@RestController
class ServerListController {

    private final SpringClientFactory clients;

    ServerListController(SpringClientFactory clients) {
        this.clients = clients;
    }

    /** Answers the ids of the instances that the balancer lists, and how long ago it brought its list up to date. */
    @GetMapping("/server-list/{service}")
    Map<String, Object> serverList(@PathVariable String service) {
        ILoadBalancer balancer = clients.getLoadBalancer(service);
        if (!(balancer instanceof DynamicServerListLoadBalancer)) {
            throw new ResponseStatusException(
                    HttpStatus.INTERNAL_SERVER_ERROR, "not Ribbon's dynamic balancer: " + balancer.getClass());
        }
        DynamicServerListLoadBalancer<?> dynamic = (DynamicServerListLoadBalancer<?>) balancer;
        List<String> instances = balancer.getAllServers().stream()
                .map(Server::getMetaInfo)
                .map(Server.MetaInfo::getInstanceId)
                .collect(Collectors.toList());
        return Map.of("instances", instances, "updatedMsAgo", dynamic.getDurationSinceLastUpdateMs());
    }
}
