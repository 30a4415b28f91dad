package dev.tethys.api.pyroscope;

import dev.tethys.api.pyroscope.debuginfo.BuildId;
import dev.tethys.api.pyroscope.debuginfo.DebugInfoException;
import dev.tethys.api.pyroscope.debuginfo.DebugInfoStore;
import dev.tethys.api.pyroscope.debuginfo.Symbolizer;
import dev.tethys.model.file.FileAccess;
import dev.tethys.web.Grpc;
import dev.tethys.web.GrpcException;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints for files with debug information: the debuginfod protocol, with PUT and POST to store a
 * file, and {@code DebuginfoService} of Pyroscope and of Parca. Source: debuginfod(8), webapi;
 * api/debuginfo/v1alpha1 of grafana/pyroscope; proto/parca/debuginfo/v1alpha1 of parca-dev/parca.
 */
public final class DebugInfoEndpoints {
  private static final String PYROSCOPE = "/debuginfo.v1alpha1.DebuginfoService/";
  private static final String PARCA = "/parca.debuginfo.v1alpha1.DebuginfoService/";
  private static final int MAX_UPLOADS = 4; // at a time
  private static final int MAX_MESSAGE = 16 << 20;
  private static final int BUFFER = 64 << 10;
  private static final long UPLOAD_BY_GRPC = 1;

  /** Store with its reader. */
  public record Opened(DebugInfoStore store, Symbolizer symbolizer) {}

  private final Supplier<@Nullable Opened> opened;
  private final Semaphore uploads = new Semaphore(MAX_UPLOADS);

  /**
   * @param opened the store, null until it is open
   */
  public DebugInfoEndpoints(Supplier<@Nullable Opened> opened) {
    this.opened = opened;
  }

  /** Adds the endpoints. */
  public void addTo(Routes routes) {
    String file = "/buildid/{id}/debuginfo";
    routes.get(file, this::download).get("/buildid/{id}/executable", this::download);
    routes.put(file, this::upload).post(file, this::upload);
    for (String prefix : List.of("", "/pyroscope")) {
      routes.post(prefix + PYROSCOPE + "Upload/{id}", this::upload);
    }
    ConnectMethods pyroscope = new ConnectMethods(routes, PYROSCOPE, List.of("", "/pyroscope"));
    pyroscope.add(
        "ShouldInitiateUpload",
        DebugInfoMessages.PYROSCOPE_SHOULD_UPLOAD,
        DebugInfoMessages.SHOULD_UPLOAD,
        (http, m) ->
            m.get("file") instanceof Map<?, ?> f
                ? shouldUpload(http, f.get("gnu_build_id"), false)
                : shouldUpload(http, "", false));
    pyroscope.add(
        "UploadFinished",
        DebugInfoMessages.PYROSCOPE_FINISHED,
        PyroscopeMessages.EMPTY,
        (http, m) -> finished(http, m.get("gnu_build_id")));
    ConnectMethods parca = new ConnectMethods(routes, PARCA, List.of(""));
    parca.add(
        "ShouldInitiateUpload",
        DebugInfoMessages.PARCA_SHOULD_UPLOAD,
        DebugInfoMessages.SHOULD_UPLOAD,
        (http, m) -> shouldUpload(http, m.get("build_id"), Boolean.TRUE.equals(m.get("force"))));
    parca.add(
        "InitiateUpload",
        DebugInfoMessages.PARCA_INITIATE,
        DebugInfoMessages.PARCA_INSTRUCTIONS,
        (http, m) -> instructions(m));
    parca.add(
        "MarkUploadFinished",
        DebugInfoMessages.PARCA_FINISHED,
        PyroscopeMessages.EMPTY,
        (http, m) -> finished(http, m.get("build_id")));
    routes.post(PARCA + "Upload", this::parcaUpload);
  }

  private Opened opened() {
    Opened o = opened.get();
    if (o == null) {
      throw new HttpException(503, "store of debug information is not open yet");
    }
    return o;
  }

  private static String id(@Nullable Object text) {
    String id = text instanceof String s ? BuildId.parse(s) : null;
    if (id == null) {
      throw new HttpException(
          400,
          "build id is '"
              + (text == null ? "" : text)
              + "'; it must be hexadecimal digits, an even"
              + " number from 4 to 512");
    }
    return id;
  }

  private void download(HttpRequest request, HttpResponse response) throws IOException {
    DebugInfoStore store = opened().store();
    String id = id(request.pathParam("id"));
    Path file = store.find(RequestScope.of(request).tenant(), id);
    if (file == null) {
      throw new HttpException(404, "no file of build " + id);
    }
    try (FileAccess.ReadableFile in = store.read(file)) {
      response
          .header("Content-Type", "application/octet-stream")
          .header("X-DEBUGINFOD-SIZE", Long.toString(in.size()))
          .uncompressed();
      byte[] buffer = new byte[BUFFER];
      long at = 0;
      try (OutputStream out = response.stream()) {
        for (int n = in.read(at, buffer, 0, BUFFER); n > 0; n = in.read(at, buffer, 0, BUFFER)) {
          out.write(buffer, 0, n);
          at += n;
        }
      }
    }
  }

  private void upload(HttpRequest request, HttpResponse response) throws IOException {
    DebugInfoStore store = opened().store();
    String id = id(request.pathParam("id"));
    put(RequestScope.of(request).tenant(), id, request.body(store.maxFileBytes() + 1));
    response.send();
  }

  private long put(String tenant, String id, InputStream content) throws IOException {
    Opened o = opened();
    if (!uploads.tryAcquire()) {
      throw new HttpException(503, MAX_UPLOADS + " files are being uploaded; send it again");
    }
    try {
      long size = o.store().put(tenant, id, content);
      o.symbolizer().forget(tenant, id);
      return size;
    } catch (DebugInfoException e) {
      throw new HttpException(400, String.valueOf(e.getMessage()));
    } finally {
      uploads.release();
    }
  }

  private Map<String, Object> shouldUpload(
      HttpRequest http, @Nullable Object buildId, boolean force) {
    String id = id(buildId);
    boolean stored = opened().store().find(RequestScope.of(http).tenant(), id) != null;
    return stored && !force
        ? Map.of("should_initiate_upload", false, "reason", "the file is stored")
        : Map.of("should_initiate_upload", true, "reason", "the file is not stored");
  }

  private Map<String, Object> finished(HttpRequest http, @Nullable Object buildId) {
    String id = id(buildId);
    if (opened().store().find(RequestScope.of(http).tenant(), id) == null) {
      throw new HttpException(412, "no file of build " + id + " was uploaded");
    }
    return Map.of();
  }

  private Map<String, Object> instructions(Map<String, Object> m) {
    String id = id(m.get("build_id"));
    long max = opened().store().maxFileBytes();
    if (m.get("size") instanceof Long size && size > max) {
      throw new HttpException(400, "file has " + size + " bytes; at most " + max + " are stored");
    }
    return Map.of(
        "upload_instructions",
        Map.of("build_id", id, "upload_id", id, "upload_strategy", UPLOAD_BY_GRPC));
  }

  private void parcaUpload(HttpRequest request, HttpResponse response) throws Exception {
    Grpc.upload(MAX_MESSAGE, maxUpload(), this::parcaUpload).handle(request, response);
  }

  private long maxUpload() {
    long max = opened().store().maxFileBytes();
    return max + max / 16 + MAX_MESSAGE; // with the heads of messages
  }

  private byte[] parcaUpload(Grpc.MessageSource messages, HttpRequest request)
      throws IOException, GrpcException {
    byte[] first = messages.next();
    Map<String, Object> m =
        first == null ? Map.of() : DebugInfoMessages.PARCA_UPLOAD.fromProto(first);
    try {
      String id = id(m.get("info") instanceof Map<?, ?> info ? info.get("build_id") : null);
      long size = put(RequestScope.of(request).tenant(), id, new Chunks(messages));
      return DebugInfoMessages.PARCA_UPLOADED.toProto(Map.of("build_id", id, "size", size));
    } catch (HttpException e) {
      throw ConnectMethods.status(e);
    }
  }

  /** Concatenated chunks of an upload. */
  private static final class Chunks extends InputStream {
    private final Grpc.MessageSource messages;
    private byte[] chunk = {};
    private int at;

    Chunks(Grpc.MessageSource messages) {
      this.messages = messages;
    }

    private boolean hasMore() throws IOException {
      while (at == chunk.length) {
        byte[] next;
        try {
          next = messages.next();
        } catch (GrpcException e) {
          throw new IOException("upload was cut off: " + e.getMessage(), e);
        }
        if (next == null) {
          return false;
        }
        Object data = DebugInfoMessages.PARCA_UPLOAD.fromProto(next).get("chunk_data");
        chunk = data instanceof byte[] b ? b : new byte[0];
        at = 0;
      }
      return true;
    }

    @Override
    public int read() throws IOException {
      return hasMore() ? chunk[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      if (!hasMore()) {
        return -1;
      }
      int n = Math.min(length, chunk.length - at);
      System.arraycopy(chunk, at, to, offset, n);
      at += n;
      return n;
    }
  }
}
