package dev.tethys.web;

/** Answers requests. Called on its own virtual thread, so it may block. */
@FunctionalInterface
public interface HttpHandler {
  /**
   * Responds to one request. When it returns without having sent anything, an empty answer with the
   * status set is sent. An {@link HttpException} becomes a plain text answer with its status; any
   * other exception is logged and becomes a 500, or a broken connection when the response had
   * begun, so that no client takes half a response for a whole one.
   */
  void handle(HttpRequest request, HttpResponse response) throws Exception;
}
