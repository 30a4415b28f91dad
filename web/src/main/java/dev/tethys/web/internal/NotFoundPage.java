package dev.tethys.web.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * 404 response: a page with a link to the start page for browsers, the message of Go servers for
 * other clients.
 */
final class NotFoundPage {
  private static final String TEXT = "404 page not found\n";
  private static final int LONGEST_PATH = 200;

  private NotFoundPage() {}

  /**
   * Sends it.
   *
   * @param prefix path prefix of the server: "" or {@code /prefix}
   */
  static void send(IncomingRequest request, OutgoingResponse response, String prefix)
      throws IOException {
    response.status(404);
    if (isBrowser(request.method(), request.header("Accept"))) {
      response.send(
          "text/html; charset=utf-8",
          html(request.rawPath(), prefix).getBytes(StandardCharsets.UTF_8));
    } else {
      response.send(TEXT);
    }
  }

  private static boolean isBrowser(String method, @Nullable String accept) {
    return (method.equals("GET") || method.equals("HEAD"))
        && accept != null
        && accept.contains("text/html");
  }

  private static String html(String path, String prefix) {
    String shown = path.length() > LONGEST_PATH ? path.substring(0, LONGEST_PATH) + "…" : path;
    return """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>404 page not found</title>
        <style>
        :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
        body { max-width: 40rem; margin: 15vh auto; padding: 0 1.5rem; overflow-wrap: anywhere; }
        </style>
        </head>
        <body>
        <h1>404 page not found</h1>
        <p>This server has no page <code>%s</code>.</p>
        <p><a href="%s/">Open the start page</a></p>
        </body>
        </html>
        """
        .formatted(escaped(shown), escaped(prefix));
  }

  private static String escaped(String s) {
    return s.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
