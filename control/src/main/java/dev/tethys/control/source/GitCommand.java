package dev.tethys.control.source;

import dev.tethys.control.text.Texts;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs the {@code git} command in a folder. */
final class GitCommand {
  private static final Duration TIMEOUT = Duration.ofMinutes(1);
  private static final int MAX_OUTPUT = 8 << 20;
  private static final int MAX_SHOWN = 500;

  private final Path folder;

  GitCommand(Path folder) {
    this.folder = folder;
  }

  /**
   * Runs a command.
   *
   * @return its output
   * @throws IOException if it fails, takes longer than a minute or writes more than 8 MiB
   */
  String run(String... args) throws IOException {
    List<String> command = new ArrayList<>(List.of("git", "-C", folder.toString()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("GIT_TERMINAL_PROMPT", "0"); // fails in place of waiting for a user
    builder.environment().put("LC_ALL", "C");
    Process p;
    try {
      p = builder.start();
    } catch (IOException e) {
      throw new IOException("git could not be started; install it: " + e.getMessage(), e);
    }
    try {
      p.getOutputStream().close();
      CompletableFuture<String> errors = text(p.getErrorStream());
      CompletableFuture<String> out = text(p.getInputStream());
      if (!p.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException("git " + args[0] + " took longer than " + TIMEOUT.toSeconds() + " s");
      }
      String output = errors.get(1, TimeUnit.SECONDS).strip();
      if (p.exitValue() != 0) {
        throw new IOException(
            "git " + args[0] + " in " + folder + " failed: " + Texts.shortened(output, MAX_SHOWN));
      }
      return out.get(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("git " + args[0] + " was interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the output of git " + args[0] + " was not read", e);
    } finally {
      p.destroyForcibly();
    }
  }

  private static CompletableFuture<String> text(InputStream in) {
    CompletableFuture<String> out = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("git-output")
        .start(
            () -> {
              try (in) {
                byte[] bytes = in.readNBytes(MAX_OUTPUT + 1);
                if (bytes.length > MAX_OUTPUT) {
                  throw new IOException("more than " + MAX_OUTPUT + " bytes");
                }
                out.complete(new String(bytes, StandardCharsets.UTF_8));
              } catch (IOException | UncheckedIOException e) {
                out.completeExceptionally(e);
              }
            });
    return out;
  }
}
