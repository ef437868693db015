package io.eurus.compat.netflix;

import com.netflix.appinfo.InstanceInfo;
import com.netflix.discovery.EurekaClient;
import com.netflix.discovery.shared.Application;
import com.netflix.discovery.shared.Applications;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;

/** Answers {@code GET /copy} with the client's own copy of the registry, instances that are not UP included. */
final class CopyServer {

    private final HttpServer server;

    private CopyServer(HttpServer server) {
        this.server = server;
    }

    static CopyServer start(String address, int port, EurekaClient client) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(address, port), 0);
        server.createContext("/copy", exchange -> answer(exchange, client.getApplications()));
        server.start();
        return new CopyServer(server);
    }

    void stop() {
        server.stop(0);
    }

    private static void answer(HttpExchange exchange, Applications applications) throws IOException {
        StringJoiner statuses = new StringJoiner(",", "{", "}");
        for (Application application : applications.getRegisteredApplications()) {
            for (InstanceInfo instance : application.getInstancesAsIsFromEureka()) {
                statuses.add("\"" + instance.getInstanceId() + "\":\"" + instance.getStatus() + "\"");
            }
        }
        String copy = "{\"hash\":\"" + applications.getReconcileHashCode() + "\",\"instances\":" + statuses + "}";
        byte[] body = copy.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
