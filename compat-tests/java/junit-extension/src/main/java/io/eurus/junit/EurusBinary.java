package io.eurus.junit;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;

/** Where the {@code eurus} command is: a system property, an environment variable, else the {@code PATH}. */
final class EurusBinary {

    static final String PROPERTY = "eurus.binary";
    static final String VARIABLE = "EURUS_BINARY";
    private static final String NAME = "eurus";

    private EurusBinary() {}

    static Path find() {
        return find(System.getProperties(), System.getenv());
    }

    /** What was set is used or complained of: never another one that happens to be on the PATH. */
    static Path find(Properties properties, Map<String, String> environment) {
        String set = properties.getProperty(PROPERTY);
        if (set != null) {
            return checked(Path.of(set), "the system property " + PROPERTY);
        }
        set = environment.get(VARIABLE);
        if (set != null) {
            return checked(Path.of(set), "the environment variable " + VARIABLE);
        }
        String path = environment.getOrDefault("PATH", "");
        for (String folder : path.split(File.pathSeparator)) {
            Path found = Path.of(folder, NAME);
            if (!folder.isEmpty() && isProgram(found)) {
                return found;
            }
        }
        throw new EurusException("there is no 'eurus' on the PATH (" + path + "). Put it there, or say where it is:"
                + " -D" + PROPERTY + "=/path/to/eurus or " + VARIABLE + "=/path/to/eurus."
                + " From its sources: cargo build --release -p eurus makes target/release/eurus");
    }

    static Path checked(Path program, String setBy) {
        if (isProgram(program)) {
            return program;
        }
        throw new EurusException("there is no program at " + program.toAbsolutePath() + ", which " + setBy
                + " names: set it to the 'eurus' command");
    }

    private static boolean isProgram(Path path) {
        return Files.isRegularFile(path) && Files.isExecutable(path);
    }
}
