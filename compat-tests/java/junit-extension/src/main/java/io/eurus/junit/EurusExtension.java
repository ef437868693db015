package io.eurus.junit;

import com.netflix.discovery.DiscoveryClient;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Starts a registry for a test and ends it afterwards: one for all tests of a class when it is a static field (or by
 * {@link EurusRegistry}), one for each test when it is an instance field.
 *
 * <pre>{@code
 * @RegisterExtension
 * static EurusExtension eurus = EurusExtension.builder().nodes("nodes.yaml").build();
 * }</pre>
 *
 * <p>The {@code eurus} command is found by the system property {@code eurus.binary}, else by the environment variable
 * {@code EURUS_BINARY}, else on the {@code PATH}.
 */
public final class EurusExtension
        implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback, ParameterResolver {

    private final EurusBuilder built;
    private Eurus running;
    /** Classes and tests that are under way: the last of them ends it, neither a nested class nor one test of a class. */
    private final Set<String> users = new HashSet<>();

    /** For {@link EurusRegistry}: use {@link #builder} for a field. */
    public EurusExtension() {
        this(null);
    }

    EurusExtension(EurusBuilder built) {
        this.built = built;
    }

    /** What it starts. */
    public static EurusBuilder builder() {
        return new EurusBuilder();
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        start(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        start(context);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        end(context);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        end(context);
    }

    private synchronized void start(ExtensionContext context) {
        if (running == null) {
            running = (built == null ? annotated(context) : built).start(context.getRequiredTestClass());
        }
        users.add(context.getUniqueId());
    }

    private synchronized void end(ExtensionContext context) {
        users.remove(context.getUniqueId());
        if (running != null && users.isEmpty()) {
            Eurus ended = running;
            running = null;
            ended.close();
        }
    }

    /** A nested class without an annotation of its own has that of the class around it. */
    private static EurusBuilder annotated(ExtensionContext context) {
        for (Class<?> type = context.getRequiredTestClass(); type != null; type = type.getEnclosingClass()) {
            EurusRegistry registry = type.getAnnotation(EurusRegistry.class);
            if (registry != null && !registry.nodes().isEmpty()) {
                return new EurusBuilder().nodesBeside(type, registry.nodes());
            }
        }
        return new EurusBuilder();
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Eurus.class || type == HarnessClock.class || type == HarnessCaches.class
                || (type == String.class && parameter.isAnnotated(EurusUrl.class));
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        if (type == Eurus.class) {
            return eurus();
        }
        if (type == HarnessClock.class) {
            return clock();
        }
        return type == HarnessCaches.class ? caches() : serviceUrl();
    }

    /** What it started. */
    public synchronized Eurus eurus() {
        if (running == null) {
            throw new IllegalStateException("eurus does not run: declare this extension with @RegisterExtension, static for"
                    + " one registry per class, and use it in tests or in @BeforeEach");
        }
        return running;
    }

    /** See {@link Eurus#clock}. */
    public HarnessClock clock() {
        return eurus().clock();
    }

    /** See {@link Eurus#caches}. */
    public HarnessCaches caches() {
        return eurus().caches();
    }

    /** See {@link Eurus#serviceUrl}. */
    public String serviceUrl() {
        return eurus().serviceUrl();
    }

    /** See {@link Eurus#url}. */
    public URI url(String name) {
        return eurus().url(name);
    }

    /** See {@link Eurus#step}. */
    public Optional<String> step(String what, Object whom) {
        return eurus().step(what, whom);
    }

    /** See {@link Eurus#request(String)}. */
    public Eurus.Answer request(String application) {
        return eurus().request(application);
    }

    /** See {@link Eurus#request(String, String)}. */
    public Eurus.Answer request(String application, String through) {
        return eurus().request(application, through);
    }

    /** See {@link Eurus#timeline}. */
    public List<Eurus.Change> timeline() {
        return eurus().timeline();
    }

    /** See {@link Eurus#drive}. */
    public DrivenClient drive(DiscoveryClient client) {
        return eurus().drive(client);
    }
}
