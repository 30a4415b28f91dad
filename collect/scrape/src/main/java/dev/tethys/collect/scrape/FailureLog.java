package dev.tethys.collect.scrape;

import dev.tethys.model.log.JulLogger;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;

/**
 * File of {@code scrape_failure_log_file}: a JSON object per line, appended, reopened on every
 * reload so that it can be rotated. Thread-safe.
 */
final class FailureLog implements Closeable {
  private static final System.Logger LOG = JulLogger.of(FailureLog.class.getName());

  private final BufferedWriter out;
  private boolean closed;

  FailureLog(String file) throws IOException {
    out =
        Files.newBufferedWriter(
            Path.of(file), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  synchronized void failed(Instant time, String job, String target, String error) {
    if (closed) {
      return;
    }
    StringBuilder sb = new StringBuilder(200);
    sb.append("{\"time\":\"").append(time).append("\",\"level\":\"ERROR\",\"msg\":");
    quote(sb, error).append(",\"job_name\":");
    quote(sb, job).append(",\"target\":");
    quote(sb, target).append("}\n");
    try {
      out.append(sb);
      out.flush();
    } catch (IOException e) {
      closed = true;
      LOG.log(Level.ERROR, "scrape failures are no longer logged until the next reload", e);
    }
  }

  private static StringBuilder quote(StringBuilder sb, String s) {
    sb.append('"');
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '"' -> sb.append("\\\"");
        case '\\' -> sb.append("\\\\");
        case '\n' -> sb.append("\\n");
        case '\r' -> sb.append("\\r");
        case '\t' -> sb.append("\\t");
        default -> {
          if (c < ' ') {
            sb.append(String.format("\\u%04x", (int) c));
          } else {
            sb.append(c);
          }
        }
      }
    }
    return sb.append('"');
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    out.close();
  }
}
