package dev.tethys.pipeline.exporter.debug;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Output of messages: the log of the process, or streams and files. */
interface Output {
  /**
   * Receives a summary.
   *
   * @param counts names and numbers in turn
   */
  void summary(String title, List<Object> counts) throws IOException;

  /** Writes lines, including the last line end. */
  void text(String lines) throws IOException;

  default void open() throws IOException {}

  default void close() {}

  /** Writes each line to the log. */
  static Output log(System.Logger log) {
    return new Output() {
      @Override
      public void summary(String title, List<Object> counts) {
        StringBuilder sb = new StringBuilder(title);
        for (int i = 0; i < counts.size(); i += 2) {
          sb.append(i == 0 ? ": " : ", ").append(counts.get(i + 1)).append(' ');
          sb.append(counts.get(i));
        }
        log.log(Level.INFO, "{0}", sb);
      }

      @Override
      public void text(String lines) {
        lines.lines().forEach(l -> log.log(Level.INFO, "{0}", l));
      }
    };
  }

  /**
   * Streams and files, which are appended to.
   *
   * @param paths {@code stdout}, {@code stderr}, or files, also as {@code file://} URLs
   */
  static Output paths(List<String> paths) {
    return new Output() {
      private final List<OutputStream> streams = new ArrayList<>();

      @Override
      public void open() throws IOException {
        for (String p : paths) {
          try {
            streams.add(stream(p));
          } catch (IOException | IllegalArgumentException | FileSystemNotFoundException e) {
            close();
            throw new IOException(
                "output_paths: "
                    + p
                    + " cannot be opened ("
                    + e
                    + "): use a file in an existing writable folder, stdout or stderr",
                e);
          }
        }
      }

      @SuppressWarnings("resource") // the streams of the process stay open
      private static OutputStream stream(String path) throws IOException {
        return switch (path) {
          case "stdout" -> new FileOutputStream(FileDescriptor.out);
          case "stderr" -> new FileOutputStream(FileDescriptor.err);
          default ->
              Files.newOutputStream(
                  path.startsWith("file://") ? Path.of(URI.create(path)) : Path.of(path),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.APPEND);
        };
      }

      @Override
      public void summary(String title, List<Object> counts) throws IOException {
        StringBuilder sb = new StringBuilder(title).append("\t{");
        for (int i = 0; i < counts.size(); i += 2) {
          sb.append(i == 0 ? "\"" : ", \"").append(counts.get(i)).append("\": ");
          sb.append(counts.get(i + 1));
        }
        write(sb.append("}\n").toString());
      }

      @Override
      public void text(String lines) throws IOException {
        write(lines + "\n");
      }

      /** Writes to all streams, even if some fail. */
      private void write(String s) throws IOException {
        byte[] b = s.getBytes(StandardCharsets.UTF_8);
        IOException failed = null;
        for (int i = 0; i < streams.size(); i++) {
          try {
            streams.get(i).write(b);
          } catch (IOException e) {
            failed = new IOException(paths.get(i) + ": " + e.getMessage(), e);
          }
        }
        if (failed != null) {
          throw failed;
        }
      }

      @Override
      public void close() {
        for (int i = 0; i < streams.size(); i++) {
          if (!paths.get(i).equals("stdout") && !paths.get(i).equals("stderr")) {
            try {
              streams.get(i).close();
            } catch (IOException e) {
              // nothing is buffered
            }
          }
        }
        streams.clear();
      }
    };
  }
}
