package io.eurus.junit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** The harness' HTTP API. */
final class ControlApi {

    /** A day of virtual time takes minutes at most. */
    private static final Duration ANSWER_WITHIN = Duration.ofMinutes(10);
    /** Characters shown of an answer that is not understood. */
    private static final int SHOWN_MAX = 500;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final EurusProcess process;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .proxy(ProxySelector.of(null))
            .build();

    ControlApi(EurusProcess process) {
        this.process = process;
    }

    JsonNode get(String path) {
        return send(request(path).GET());
    }

    JsonNode post(String path) {
        return send(request(path).POST(BodyPublishers.noBody()));
    }

    JsonNode post(String path, Object body) {
        try {
            String json = JSON.writeValueAsString(body);
            return send(request(path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(json)));
        } catch (JsonProcessingException error) {
            throw new EurusException("this is no JSON: " + body, error);
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(process.apiUrl() + path)).timeout(ANSWER_WITHIN);
    }

    private JsonNode send(HttpRequest.Builder request) {
        try {
            HttpResponse<byte[]> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            return body(answer);
        } catch (IOException error) {
            throw new EurusException("eurus cannot be asked (" + error + "): " + process.end(), error);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new EurusException("interrupted while eurus was asked", error);
        }
    }

    /** Whatever answers in between, or in its place, need not speak JSON. */
    private JsonNode body(HttpResponse<byte[]> answer) throws IOException {
        JsonNode body;
        try {
            body = JSON.readTree(answer.body());
        } catch (JsonProcessingException error) {
            body = JSON.missingNode();
        }
        if (answer.statusCode() == 200 && !body.isMissingNode()) {
            return body;
        }
        if (answer.statusCode() != 200 && body.path("error").isTextual()) {
            throw new RefusedException(answer.statusCode(), body.path("error").asText());
        }
        String text = new String(answer.body(), StandardCharsets.UTF_8);
        throw new EurusException(answer.uri() + " answered " + answer.statusCode() + " and not in eurus' words: '"
                + text.substring(0, Math.min(text.length(), SHOWN_MAX)) + "'");
    }
}
