package dev.tethys.web.s3;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Object sent in parts, so that an interrupted request costs only one part. Until the last request
 * the object does not exist; after a failure the uploaded parts are deleted, because they would
 * incur costs without being visible.
 *
 * <p>Source: Amazon S3 API reference, "CreateMultipartUpload", "UploadPart",
 * "CompleteMultipartUpload", "AbortMultipartUpload", "Checking object integrity".
 */
final class S3Parts {
  private static final System.Logger LOG = JulLogger.of(S3Parts.class.getName());
  private static final Pattern ID = Pattern.compile("<UploadId>\\s*([^<\\s]+)\\s*</UploadId>");

  /** S3's own maximum. */
  private static final int MAX_PARTS = 10_000;

  private final S3Client client;
  private final String key;
  private final Map<String, String> headers;

  /**
   * @param headers headers of the object
   */
  S3Parts(S3Client client, String key, Map<String, String> headers) {
    this.client = client;
    this.key = key;
    this.headers = headers;
  }

  /**
   * @param completing run before the last request: from then on the object may exist
   */
  void publish(S3Content content, Runnable completing) throws IOException, InterruptedException {
    int partBytes = (int) Math.max(client.location().partBytes(), content.size() / MAX_PARTS + 1);
    String upload = begin();
    boolean done = false;
    try {
      StringBuilder list = new StringBuilder("<CompleteMultipartUpload>");
      int n = 1;
      for (long from = 0; from < content.size(); from += partBytes, n++) {
        byte[] part = content.read(from, (int) Math.min(content.size() - from, partBytes));
        list.append(sent(upload, n, part));
      }
      completing.run();
      complete(upload, list.append("</CompleteMultipartUpload>").toString());
      done = true;
    } finally {
      if (!done) {
        abort(upload);
      }
    }
  }

  private String begin() throws IOException, InterruptedException {
    String reply = client.callWithRetries("POST", key, "uploads=", headers, new byte[0]).text();
    Matcher m = ID.matcher(reply);
    if (!m.find()) {
      throw new IOException(client.name(key) + ": the service names no upload: " + reply);
    }
    // Services of others have other characters in it than Amazon.
    return java.net.URLEncoder.encode(m.group(1).replace("&amp;", "&"), StandardCharsets.UTF_8);
  }

  private String sent(String upload, int number, byte[] part)
      throws IOException, InterruptedException {
    Map<String, String> checked = client.checked(part);
    S3Client.Reply r =
        client.callWithRetries(
            "PUT", key, "partNumber=" + number + "&uploadId=" + upload, checked, part);
    if (r.etag().isEmpty()) {
      throw new IOException(client.name(key) + ": part " + number + " has no ETag");
    }
    return "<Part><PartNumber>"
        + number
        + "</PartNumber><ETag>"
        + r.etag().replace("&", "&amp;").replace("<", "&lt;")
        + "</ETag>"
        + (checked.isEmpty()
            ? ""
            : "<ChecksumSHA256>" + checked.get(S3Client.CHECKSUM) + "</ChecksumSHA256>")
        + "</Part>";
  }

  /** The service may send status 200 first and an error in the body afterwards. */
  private void complete(String upload, String list) throws IOException, InterruptedException {
    S3Client.Reply r =
        client.callWithRetries(
            "POST",
            key,
            "uploadId=" + upload,
            Map.of("content-type", "application/xml"),
            list.getBytes(StandardCharsets.UTF_8));
    if (r.text().contains("<Error>")) {
      throw client.failure(r, key, true);
    }
  }

  /** Best effort: the bucket's rule for incomplete uploads removes the rest. */
  private void abort(String upload) {
    boolean interrupted = Thread.interrupted();
    try {
      client.callWithRetries("DELETE", key, "uploadId=" + upload, Map.of(), null);
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "parts of {0} may be left in the bucket: {1}",
          client.name(key),
          e.getMessage());
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
