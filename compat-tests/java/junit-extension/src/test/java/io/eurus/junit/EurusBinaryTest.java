package io.eurus.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EurusBinaryTest {

    @TempDir
    private Path folder;

    @Test
    void thePropertyComesBeforeTheVariableAndThatBeforeThePath() throws IOException {
        Path first = Programs.script(folder, "first", "");
        Path second = Programs.script(folder, "second", "");
        Path onPath = Programs.script(folder, "eurus", "");
        Properties properties = new Properties();
        properties.setProperty("eurus.binary", first.toString());
        Map<String, String> path = Map.of("PATH", "/nowhere::" + folder);
        Map<String, String> variable = Map.of("EURUS_BINARY", second.toString(), "PATH", folder.toString());
        assertEquals(first, EurusBinary.find(properties, variable));
        assertEquals(second, EurusBinary.find(new Properties(), variable));
        assertEquals(onPath, EurusBinary.find(new Properties(), path));
    }

    @Test
    void whatIsMissingIsSaidAndWhatToDo() throws IOException {
        complains(Map.of("PATH", folder.toString()), "there is no 'eurus' on the PATH (" + folder, "-Deurus.binary=/path");
        // One that is set is never replaced by one that happens to be there.
        Programs.script(folder, "eurus", "");
        Path text = Files.writeString(folder.resolve("text"), "no program");
        Map<String, String> wrong = Map.of("EURUS_BINARY", text.toString(), "PATH", folder.toString());
        complains(wrong, "there is no program at " + text, "the environment variable EURUS_BINARY");
    }

    private static void complains(Map<String, String> environment, String... words) {
        EurusException error =
                assertThrows(EurusException.class, () -> EurusBinary.find(new Properties(), environment));
        for (String word : words) {
            assertTrue(error.getMessage().contains(word), error.getMessage());
        }
    }
}
