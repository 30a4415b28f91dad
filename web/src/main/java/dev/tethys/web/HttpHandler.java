package dev.tethys.web;

/** Answers requests. Called on its own virtual thread, so it may block. */
@FunctionalInterface
public interface HttpHandler {
  /**
   * Responds to one request. If it returns without having sent anything, an empty response with the
   * configured status is sent. An {@link HttpException} becomes a plain text response with its
   * status. Any other exception is logged and becomes a 500, or a broken connection if the response
   * had started, so that no client mistakes a partial response for a complete one.
   */
  void handle(HttpRequest request, HttpResponse response) throws Exception;
}
