package dev.tethys.web.cloud;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs a program that prints an identity to its end, or kills it with all its child processes. */
public final class CredentialProgram {
  /** Interval between checks of its child processes. */
  private static final Duration FIRST_LOOK = Duration.ofMillis(2);

  private static final Duration LAST_LOOK = Duration.ofMillis(100);

  /** Time for which its output may stay open after its exit. */
  private static final Duration OUTPUT_GRACE = Duration.ofSeconds(1);

  private CredentialProgram() {}

  /**
   * Output of the program.
   *
   * @param status its exit status
   * @param text its standard output
   */
  public record Printed(int status, String text) {}

  /**
   * Runs the program. Child processes still running when it ends are also killed.
   *
   * @param program program to run; receives no input, and its standard error is discarded
   * @throws IOException if it cannot be started or does not end in time
   */
  public static Printed run(ProcessBuilder program, Duration timeLimit)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + timeLimit.toNanos();
    Process p = program.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    // A process whose parent has ended is no longer a descendant, so descendants are recorded
    // before.
    Set<ProcessHandle> started = new HashSet<>();
    try {
      p.getOutputStream().close();
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      // On its own thread: a child left by the program may keep its output open forever.
      FutureTask<?> read = new FutureTask<>(() -> read(p.getInputStream(), text), null);
      Thread.ofPlatform().daemon().name("output of a program").start(read);
      for (Duration step = FIRST_LOOK; !p.waitFor(step); step = longer(step)) {
        p.descendants().forEach(started::add);
        if (System.nanoTime() - deadline > 0) {
          throw new IOException("it did not end within " + timeLimit.toMillis() + " ms");
        }
      }
      started.forEach(ProcessHandle::destroyForcibly);
      try {
        read.get(OUTPUT_GRACE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        // An unknown process keeps the output open; the output of the program itself was read.
      }
      return new Printed(p.exitValue(), text.toString(StandardCharsets.UTF_8));
    } catch (ExecutionException e) {
      throw new IOException("its output cannot be read: " + e.getCause(), e);
    } finally {
      p.descendants().forEach(started::add); // a shell does not end its children
      started.forEach(ProcessHandle::destroyForcibly);
      p.destroyForcibly();
    }
  }

  private static Duration longer(Duration step) {
    return step.compareTo(LAST_LOOK) < 0 ? step.multipliedBy(2) : step;
  }

  private static void read(InputStream in, ByteArrayOutputStream text) {
    byte[] b = new byte[8192];
    try {
      for (int n = in.read(b);
          n >= 0 && text.size() < CredentialDependencies.MAX_BYTES;
          n = in.read(b)) {
        text.write(b, 0, Math.min(n, CredentialDependencies.MAX_BYTES - text.size()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
