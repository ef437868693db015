package io.eurus.junit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** What an {@link EurusExtension} starts. */
public final class EurusBuilder {

    private static final String NODES_FILE = "nodes.yaml";

    private Path binary;
    private Path file;
    private String resource;
    private Class<?> beside;
    private String yaml;
    private Duration within = Duration.ofSeconds(30);

    EurusBuilder() {}

    /** A nodes file on the class path: beside the test class, or from the root with a leading slash. */
    public EurusBuilder nodes(String resource) {
        this.resource = resource;
        return this;
    }

    /** A nodes file. */
    public EurusBuilder nodes(Path file) {
        this.file = file;
        return this;
    }

    /** The text of a nodes file. */
    public EurusBuilder nodesYaml(String yaml) {
        this.yaml = yaml;
        return this;
    }

    /** The {@code eurus} command, wherever else there may be one. */
    public EurusBuilder binary(Path binary) {
        this.binary = binary;
        return this;
    }

    /** How long it may take to start; 30 s if not set. */
    public EurusBuilder startWithin(Duration within) {
        this.within = within;
        return this;
    }

    /** The extension. */
    public EurusExtension build() {
        int described = (file == null ? 0 : 1) + (resource == null ? 0 : 1) + (yaml == null ? 0 : 1);
        if (described > 1) {
            throw new IllegalArgumentException("the nodes are described twice: by a file, a resource or a text");
        }
        return new EurusExtension(this);
    }

    EurusBuilder nodesBeside(Class<?> testClass, String resource) {
        beside = testClass;
        return nodes(resource);
    }

    Eurus start(Class<?> testClass) {
        Path program = binary == null ? EurusBinary.find() : EurusBinary.checked(binary, "binary(...)");
        if (resource == null && yaml == null) {
            return Eurus.start(program, file, within);
        }
        try {
            return startCopied(program, beside == null ? testClass : beside);
        } catch (IOException error) {
            throw new EurusException("the nodes file cannot be copied: " + error.getMessage(), error);
        }
    }

    /** The command reads a file, once; its name is what complaints about its content begin with. */
    private Eurus startCopied(Path program, Class<?> testClass) throws IOException {
        Path folder = Files.createTempDirectory("eurus-nodes");
        Path copy = folder.resolve(resource == null ? NODES_FILE : Path.of(resource).getFileName().toString());
        try {
            if (yaml != null) {
                Files.writeString(copy, yaml);
            } else {
                copyResource(testClass, copy);
            }
            return Eurus.start(program, copy, within);
        } finally {
            Files.deleteIfExists(copy);
            Files.delete(folder);
        }
    }

    private void copyResource(Class<?> testClass, Path copy) throws IOException {
        try (InputStream found = testClass.getResourceAsStream(resource)) {
            if (found == null) {
                throw new EurusException("there is no '" + resource + "' on the class path beside " + testClass.getName()
                        + " (from the root: begin it with '/'; for a file: nodes(Path.of(...)))");
            }
            Files.copy(found, copy);
        }
    }
}
