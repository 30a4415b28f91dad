package dev.tethys.pipeline.exporter.parquet;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One object that is sent in parts, so that a request that breaks off costs a part and not the
 * whole. Until the last request the object does not exist; what was sent before a failure is taken
 * away, because it would be paid for without being seen.
 *
 * <p>Source: Amazon S3 API reference, "CreateMultipartUpload", "UploadPart",
 * "CompleteMultipartUpload", "AbortMultipartUpload", "Checking object integrity".
 */
final class S3Parts {
  private static final System.Logger LOG = JulLogger.of(S3Parts.class.getName());
  private static final Pattern ID = Pattern.compile("<UploadId>\\s*([^<\\s]+)\\s*</UploadId>");

  private final S3Target target;
  private final String key;
  private final int partBytes;

  S3Parts(S3Target target, String key, int partBytes) {
    this.target = target;
    this.key = key;
    this.partBytes = partBytes;
  }

  /**
   * @param completing run when the last request is about to be made: from then on the object may
   *     exist
   */
  void publish(byte[] content, Runnable completing) throws IOException, InterruptedException {
    String upload = begin();
    boolean done = false;
    try {
      StringBuilder list = new StringBuilder("<CompleteMultipartUpload>");
      for (int from = 0, n = 1; from < content.length; from += partBytes, n++) {
        byte[] part = Arrays.copyOfRange(content, from, Math.min(content.length, from + partBytes));
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
    String reply =
        target.callWithRetries("POST", key, "uploads=", target.begunInParts(), new byte[0]).text();
    Matcher m = ID.matcher(reply);
    if (!m.find()) {
      throw new IOException(target.name(key) + ": the service names no upload: " + reply);
    }
    // Services of others have other characters in it than Amazon.
    return java.net.URLEncoder.encode(m.group(1).replace("&amp;", "&"), StandardCharsets.UTF_8);
  }

  private String sent(String upload, int number, byte[] part)
      throws IOException, InterruptedException {
    Map<String, String> checked = target.checked(part);
    S3Target.Reply r =
        target.callWithRetries(
            "PUT", key, "partNumber=" + number + "&uploadId=" + upload, checked, part);
    if (r.etag().isEmpty()) {
      throw new IOException(target.name(key) + ": part " + number + " has no ETag");
    }
    return "<Part><PartNumber>"
        + number
        + "</PartNumber><ETag>"
        + r.etag().replace("&", "&amp;").replace("<", "&lt;")
        + "</ETag>"
        + (checked.isEmpty()
            ? ""
            : "<ChecksumSHA256>" + checked.get(S3Target.CHECKSUM) + "</ChecksumSHA256>")
        + "</Part>";
  }

  /** The service may say 200 before it knows, and what went wrong afterwards. */
  private void complete(String upload, String list) throws IOException, InterruptedException {
    S3Target.Reply r =
        target.callWithRetries(
            "POST",
            key,
            "uploadId=" + upload,
            Map.of("content-type", "application/xml"),
            list.getBytes(StandardCharsets.UTF_8));
    if (r.text().contains("<Error>")) {
      throw r.problem(target.name(key));
    }
  }

  /** Best effort: what is left is for the bucket's rule for incomplete uploads. */
  private void abort(String upload) {
    boolean interrupted = Thread.interrupted();
    try {
      target.callWithRetries("DELETE", key, "uploadId=" + upload, Map.of(), null);
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "parts of {0} may be left in the bucket: {1}",
          target.name(key),
          e.getMessage());
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
