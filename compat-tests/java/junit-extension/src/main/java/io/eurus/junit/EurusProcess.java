package io.eurus.junit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** {@code eurus harness serve} while it runs. It ends with this JVM, however that ends: its input is closed then. */
final class EurusProcess {

    private static final String FIRST_WORDS = "control API";
    private static final Duration END_WITHIN = Duration.ofSeconds(30);

    private final Process process;
    private final Thread reader;
    private final LastLines complaints;
    private final String apiUrl;

    private EurusProcess(Process process, Thread reader, LastLines complaints, String apiUrl) {
        this.process = process;
        this.reader = reader;
        this.complaints = complaints;
        this.apiUrl = apiUrl;
    }

    /**
     * Starts it and waits until it serves.
     *
     * @param nodes the nodes file; null: one registry on stock settings
     */
    static EurusProcess start(Path binary, Path nodes, Duration within) {
        List<String> command = new ArrayList<>(List.of(binary.toString(), "harness", "serve", "--until-stdin-closes"));
        if (nodes != null) {
            command.add(nodes.toString());
        }
        Process process;
        try {
            process = new ProcessBuilder(command).start();
        } catch (IOException error) {
            throw new EurusException(binary + " cannot be started: " + error.getMessage(), error);
        }
        LastLines complaints = new LastLines();
        Thread reader = inBackground("eurus-stderr", () -> read(process.getErrorStream(), complaints::add));
        CompletableFuture<String> firstLine = new CompletableFuture<>();
        inBackground("eurus-stdout", () -> {
            read(process.getInputStream(), firstLine::complete);
            firstLine.complete("");
        });
        String line = firstLine(firstLine, process, within, String.join(" ", command));
        if (line.startsWith(FIRST_WORDS)) {
            return new EurusProcess(process, reader, complaints, line.substring(FIRST_WORDS.length()).strip());
        }
        throw notStarted(process, reader, complaints, line, String.join(" ", command));
    }

    private static String firstLine(CompletableFuture<String> line, Process process, Duration within, String command) {
        try {
            return line.get(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException error) {
            process.destroyForcibly();
            throw new EurusException("'" + command + "' did not say within " + within.toMillis()
                    + " ms where it serves: allow it more time with startWithin(...), or look whether it is eurus");
        } catch (InterruptedException error) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new EurusException("interrupted while eurus started", error);
        } catch (ExecutionException error) {
            throw new EurusException("eurus cannot be read", error);
        }
    }

    private static EurusException notStarted(
            Process process, Thread reader, LastLines complaints, String line, String command) {
        String how = "said '" + line + "' instead of where it serves";
        try {
            if (process.waitFor(1, TimeUnit.SECONDS)) {
                how = "ended with exit code " + process.exitValue() + " before it served";
                reader.join(1_000);
            }
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
        return new EurusException("'" + command + "' " + how + ". It said:\n" + complaints.text()
                + "\n(When it does not know 'harness', 'serve' or an argument, it is older than this extension.)");
    }

    String apiUrl() {
        return apiUrl;
    }

    long pid() {
        return process.pid();
    }

    /** What it complained of, where it has ended; for the message of whoever could not reach it. */
    String end() {
        String said = complaints.text();
        return process.isAlive()
                ? "it runs, but does not answer"
                : "it has ended with exit code " + process.exitValue() + (said.isEmpty() ? "" : "; it said:\n" + said);
    }

    /**
     * Ends it.
     *
     * @throws EurusException when it ended badly, as when a node did, or had ended before
     */
    void stop() {
        try {
            closeInput();
            if (!process.waitFor(END_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new EurusException("eurus did not end within " + END_WITHIN.toSeconds() + " s and was killed; it said:\n"
                        + complaints.text());
            }
            reader.join(1_000);
        } catch (InterruptedException error) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            return;
        }
        if (process.exitValue() != 0) {
            throw new EurusException("eurus ended badly: " + end());
        }
    }

    private void closeInput() {
        try {
            process.getOutputStream().close();
        } catch (IOException error) {
            // It is closed already where the process is gone: how that ended is said by its exit code.
            complaints.add("(its input cannot be closed: " + error.getMessage() + ")");
        }
    }

    private static Thread inBackground(String name, Runnable what) {
        Thread thread = new Thread(what, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void read(InputStream from, java.util.function.Consumer<String> line) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
            lines.lines().forEach(line);
        } catch (IOException | java.io.UncheckedIOException error) {
            line.accept("(its output cannot be read any more: " + error.getMessage() + ")");
        }
    }

    /** The end of what it wrote. */
    private static final class LastLines {

        private static final int MAX = 50;
        private final java.util.ArrayDeque<String> lines = new java.util.ArrayDeque<>();

        synchronized void add(String line) {
            if (lines.size() == MAX) {
                lines.removeFirst();
            }
            lines.addLast(line);
        }

        synchronized String text() {
            return lines.stream().collect(Collectors.joining("\n"));
        }
    }
}
