package io.eurus.compat.javaservice;

/**
 * The answer of {@code GET /hello}.
 *
 * @param instanceId the id this instance is registered under
 * @param port the port it listens on
 * @param address the address it listens on
 */
public record Hello(String instanceId, int port, String address) {}
