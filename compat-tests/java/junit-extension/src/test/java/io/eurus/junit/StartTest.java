package io.eurus.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What is said when it does not start, and that it never stays behind. */
class StartTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    @Test
    void whatIsWrongInTheNodesFileIsSaidWithItsLine() throws IOException {
        Path nodes = Files.writeString(folder.resolve("nodes.yaml"), "name: nodes\nregistries: {registry-1: {sttings: {}}}\n");
        complains(() -> Eurus.start(EurusBinary.find(), nodes, SOON),
                "nodes.yaml:2: registries.registry-1.sttings: no such key (allowed:");
        complains(() -> start(EurusExtension.builder().nodesYaml("name: none\n")), "nodes.yaml:1: there is no registry");
        complains(() -> start(EurusExtension.builder().nodes("absent.yaml")),
                "there is no 'absent.yaml' on the class path beside io.eurus.junit.StartTest");
        complains(() -> Eurus.start(EurusBinary.find(), folder.resolve("absent.yaml"), SOON), "absent.yaml: cannot be read");
    }

    @Test
    void anotherProgramIsNotTakenForEurus() throws IOException {
        Path old = Programs.script(folder, "old", "echo \"error: unexpected argument '--until-stdin-closes'\" >&2; exit 2");
        complains(() -> Eurus.start(old, null, SOON),
                "ended with exit code 2", "unexpected argument '--until-stdin-closes'", "older than this extension");
        Path other = Programs.script(folder, "other", "echo hello; exec cat");
        complains(() -> Eurus.start(other, null, SOON), "said 'hello' instead of where it serves");
        Path mute = Programs.script(folder, "mute", "exec cat");
        complains(() -> Eurus.start(mute, null, Duration.ofMillis(50)), "did not say within 50 ms", "startWithin(");
        complains(() -> start(EurusExtension.builder().binary(folder.resolve("none"))), "there is no program at");
    }

    @Test
    void nodesAreDescribedOnce() {
        EurusBuilder twice = EurusExtension.builder().nodes("nodes.yaml").nodesYaml("name: nodes");
        assertThrows(IllegalArgumentException.class, twice::build);
    }

    @Test
    void whenItDiesTheNextCallSaysSo() throws Exception {
        Eurus eurus = Eurus.start(EurusBinary.find(), null, SOON);
        ProcessHandle process = ProcessHandle.of(eurus.pid()).orElseThrow();
        process.destroyForcibly();
        process.onExit().get(30, TimeUnit.SECONDS);
        complains(() -> eurus.clock().advance(SOON), "eurus cannot be asked", "it has ended with exit code");
        complains(eurus::close, "eurus ended badly: it has ended with exit code 137");
    }

    @Test
    void whenANodeEndedBadlyTheTestFails() throws Exception {
        Path bad = Programs.script(folder, "bad", "echo 'control API http://127.0.0.1:1/harness'; cat; echo 'gateway-1: gone' >&2; exit 3");
        Eurus eurus = Eurus.start(bad, null, SOON);
        complains(eurus::close, "eurus ended badly: it has ended with exit code 3", "gateway-1: gone");
    }

    @Test
    void anAnswerThatIsNoneOfItsIsShown() throws Exception {
        HttpServer other = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        other.createContext("/", call -> {
            int status = call.getRequestURI().getPath().endsWith("/clock") ? 200 : 502;
            call.sendResponseHeaders(status, 0);
            call.getResponseBody().write("<b>no gateway</b>".getBytes());
            call.close();
        });
        other.start();
        String line = "control API http://127.0.0.1:" + other.getAddress().getPort() + "/harness";
        try (Eurus eurus = Eurus.start(Programs.script(folder, "proxied", "echo " + line + "; exec cat"), null, SOON)) {
            complains(() -> eurus.step("crash", "shop-1"), "/harness/steps answered 502", "'<b>no gateway</b>'");
            complains(() -> eurus.clock().now(), "/harness/clock answered 200", "'<b>no gateway</b>'");
        } finally {
            other.stop(0);
        }
    }

    @Test
    void itEndsWithTheVirtualMachineThatStartedIt() throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process machine = new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"),
                        "-Deurus.binary=" + EurusBinary.find(), Abandoning.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        long pid = Long.parseLong(machine.inputReader().readLine());
        ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
        machine.destroyForcibly(); // SIGKILL: nothing of ours runs there any more
        process.onExit().get(30, TimeUnit.SECONDS);
        assertEquals(137, machine.waitFor());
    }

    /** Starts eurus and never ends it. */
    static final class Abandoning {

        private Abandoning() {}

        public static void main(String[] arguments) throws InterruptedException {
            System.out.println(Eurus.start(EurusBinary.find(), null, SOON).pid());
            Thread.currentThread().join();
        }
    }

    private static Eurus start(EurusBuilder builder) {
        return builder.start(StartTest.class);
    }

    private static void complains(Executable what, String... words) {
        EurusException error = assertThrows(EurusException.class, what);
        for (String word : words) {
            assertTrue(error.getMessage().contains(word), error.getMessage());
        }
    }
}
