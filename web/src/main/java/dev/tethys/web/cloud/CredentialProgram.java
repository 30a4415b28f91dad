package dev.tethys.web.cloud;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A program that prints who one is: it runs to its end, or is ended with all that it started. */
public final class CredentialProgram {
  private CredentialProgram() {}

  /**
   * What came of it.
   *
   * @param status it ended with
   * @param text of its standard output
   */
  public record Printed(int status, String text) {}

  /**
   * Runs it.
   *
   * @param program is given no input, and what it says of errors is not read
   * @throws IOException when it cannot be started or does not end in time
   */
  public static Printed run(ProcessBuilder program, Duration patience)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    Process p = program.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try {
      p.getOutputStream().close();
      // On a thread of its own: what the program left behind may keep its output open for ever.
      FutureTask<byte[]> out =
          new FutureTask<>(() -> p.getInputStream().readNBytes(Surroundings.MAX_BYTES));
      Thread.ofPlatform().daemon().name("output of a program").start(out);
      byte[] text = out.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (!p.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        throw new TimeoutException();
      }
      return new Printed(p.exitValue(), new String(text, StandardCharsets.UTF_8));
    } catch (TimeoutException e) {
      throw new IOException("it did not end within " + patience.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      throw new IOException("its output cannot be read: " + e.getCause(), e);
    } finally {
      p.descendants().forEach(ProcessHandle::destroyForcibly); // a shell does not end its children
      p.destroyForcibly();
    }
  }
}
