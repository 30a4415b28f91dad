package dev.tethys.collect.receive;

import dev.tethys.model.access.Scope;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A request and its response, in memory. */
final class Exchange implements ReceivedRequest, ReceiverResponse {
  private final String method;
  private final InputStream body;
  private final long length;
  private final Map<String, String> requestHeaders = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  final Map<String, String> trailers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  final ByteArrayOutputStream answer = new ByteArrayOutputStream();
  int status;

  Exchange(String method, InputStream body, long length) {
    this.method = method;
    this.body = body;
    this.length = length;
  }

  static Exchange post(byte[] body) {
    return new Exchange("POST", new ByteArrayInputStream(body), body.length);
  }

  Exchange with(String header, String value) {
    requestHeaders.put(header, value);
    return this;
  }

  Exchange to(Receiver r) throws IOException {
    r.receive(this, this);
    return this;
  }

  String text() {
    return answer.toString(StandardCharsets.UTF_8).strip();
  }

  String summary() {
    return status + " " + text().lines().findFirst().orElse("");
  }

  /** Samples, histograms and exemplars that the response says were written. */
  String written() {
    return headers.get("X-Prometheus-Remote-Write-Samples-Written")
        + " "
        + headers.get("X-Prometheus-Remote-Write-Histograms-Written")
        + " "
        + headers.get("X-Prometheus-Remote-Write-Exemplars-Written");
  }

  @Override
  public String method() {
    return method;
  }

  @Override
  public Scope scope() {
    return Scope.DEFAULT;
  }

  @Override
  public @Nullable String header(String name) {
    return requestHeaders.get(name.toLowerCase(Locale.ROOT));
  }

  @Override
  public long contentLength() {
    return length;
  }

  @Override
  public InputStream body() {
    return body;
  }

  @Override
  public void header(String name, String value) {
    headers.put(name, value);
  }

  @Override
  public void send(int code, byte[] b, int offset, int n) {
    if (status != 0) {
      throw new IllegalStateException("answered twice");
    }
    status = code;
    answer.write(b, offset, n);
  }

  @Override
  public OutputStream stream(int code) {
    if (status != 0) {
      throw new IllegalStateException("answered twice");
    }
    status = code;
    return answer;
  }

  @Override
  public void trailer(String name, String value) {
    trailers.put(name, value);
  }
}
