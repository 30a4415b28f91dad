package dev.tethys.tools;

import dev.tethys.store.archive.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** Prints the entries of a live tail until the server ends it. */
final class LogCliTail {
  private LogCliTail() {}

  /**
   * Frames of the server; the next is requested after one was taken, so that the queue is short.
   */
  private static final class Frames implements WebSocket.Listener {
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private final StringBuilder part = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket ws, CharSequence data, boolean last) {
      part.append(data);
      if (last) {
        events.add(part.toString());
        part.setLength(0);
      } else {
        ws.request(1);
      }
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket ws, int code, String reason) {
      events.add("Tail ended by the server: " + reason + " (code " + code + ")");
      return null;
    }

    @Override
    public void onError(WebSocket ws, Throwable error) {
      events.add("Tail failed: " + error.getMessage());
    }
  }

  static int follow(URI uri, Map<String, String> headers, LogCliOutput out, Console console)
      throws IOException {
    dev.tethys.web.client.HttpClientFactory.prepare();
    Frames frames = new Frames();
    try (HttpClient client = HttpClient.newHttpClient()) {
      WebSocket.Builder b = client.newWebSocketBuilder();
      headers.forEach(b::header);
      WebSocket ws;
      try {
        ws = b.buildAsync(uri, frames).join();
      } catch (CompletionException e) {
        throw new IOException(
            "tail at "
                + uri
                + " failed: "
                + (e.getCause() instanceof WebSocketHandshakeException h
                    ? "HTTP status " + h.getResponse().statusCode()
                    : String.valueOf(e.getCause())),
            e);
      }
      while (true) {
        String event = frames.events.take();
        if (!event.startsWith("{")) {
          console.err().println(event);
          ws.abort();
          return 1;
        }
        Map<String, @Nullable Object> frame = Json.object(event.getBytes(StandardCharsets.UTF_8));
        out.print(LogCliOutput.entries(frame.get("streams"), true));
        List<?> dropped = ApiText.list(frame.getOrDefault("dropped_entries", List.of()));
        if (!dropped.isEmpty()) {
          console.err().println(dropped.size() + " entries dropped by the server");
        }
        ws.request(1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }
}
