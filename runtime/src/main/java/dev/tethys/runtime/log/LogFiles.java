package dev.tethys.runtime.log;

import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Lines to several outputs: {@code stdout}, {@code stderr}, and files, which are appended to. A
 * line that one output cannot write still reaches the others; the failure is reported to the
 * program's own outputs.
 */
public final class LogFiles implements LogSetup.Lines, Closeable {
  private final List<OutputStream> outputs = new ArrayList<>();
  private final List<OutputStream> errors = new ArrayList<>();
  private final List<OutputStream> files = new ArrayList<>();
  private boolean closed;

  /**
   * Opens them; an empty list means standard error.
   *
   * @throws IOException if a file cannot be opened, naming it
   */
  public static LogFiles open(List<String> outputs, List<String> errors) throws IOException {
    LogFiles f = new LogFiles();
    try {
      f.openAll(outputs, f.outputs);
      f.openAll(errors, f.errors);
    } catch (IOException e) {
      f.close();
      throw e;
    }
    return f;
  }

  private LogFiles() {}

  private void openAll(List<String> paths, List<OutputStream> to) throws IOException {
    for (String p : paths.isEmpty() ? List.of("stderr") : paths) {
      to.add(
          switch (p) {
            case "stdout" -> new FileOutputStream(FileDescriptor.out);
            case "stderr" -> new FileOutputStream(FileDescriptor.err);
            default -> file(p);
          });
    }
  }

  private OutputStream file(String path) throws IOException {
    try {
      OutputStream out =
          Files.newOutputStream(
              Path.of(path), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      files.add(out);
      return out;
    } catch (IOException | InvalidPathException e) {
      throw new IOException(
          "service.telemetry.logs: the log cannot be written to "
              + path
              + " ("
              + e.getClass().getSimpleName()
              + "); its folder must be there and writable",
          e);
    }
  }

  @Override
  public synchronized void write(byte[] line) {
    if (closed) {
      return;
    }
    for (OutputStream o : outputs) {
      try {
        o.write(line);
      } catch (IOException e) {
        complain(e);
      }
    }
  }

  private void complain(IOException e) {
    byte[] line =
        (Instant.now() + " write error: " + e.getMessage() + "\n").getBytes(StandardCharsets.UTF_8);
    for (OutputStream o : errors) {
      try {
        o.write(line);
      } catch (IOException nowhereElse) {
        e.addSuppressed(nowhereElse);
      }
    }
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    for (OutputStream o : files) {
      o.close();
    }
  }
}
