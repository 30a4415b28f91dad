package dev.tethys.collect.observe.protocol;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Amazon S3 and compatible services: requests that are signed for S3. Object keys are not recorded.
 */
final class S3Api extends HttpApiReader {
  /** Parts of a bucket or object that are read and written by a parameter without a value. */
  private static final Map<String, String> PARTS =
      Map.ofEntries(
          Map.entry("acl", "Acl"),
          Map.entry("cors", "Cors"),
          Map.entry("encryption", "Encryption"),
          Map.entry("lifecycle", "LifecycleConfiguration"),
          Map.entry("location", "Location"),
          Map.entry("logging", "Logging"),
          Map.entry("notification", "NotificationConfiguration"),
          Map.entry("object-lock", "LockConfiguration"),
          Map.entry("legal-hold", "LegalHold"),
          Map.entry("retention", "Retention"),
          Map.entry("policy", "Policy"),
          Map.entry("replication", "Replication"),
          Map.entry("tagging", "Tagging"),
          Map.entry("versioning", "Versioning"),
          Map.entry("website", "Website"),
          Map.entry("attributes", "Attributes"),
          Map.entry("torrent", "Torrent"));

  /** Parts of a bucket alone whose name has no "Bucket" in it. */
  private static final Set<String> WITHOUT_BUCKET = Set.of("object-lock");

  private final String operation;
  private final String bucket;
  private final boolean signed;

  private S3Api(String operation, String bucket, boolean signed) {
    this.operation = operation;
    this.bucket = bucket;
    this.signed = signed;
  }

  /** Reader of a request that is signed for S3; otherwise null. */
  static @Nullable S3Api of(String method, String path, String query, ApiHead head) {
    boolean byUrl =
        query.contains("X-Amz-Algorithm=AWS4-") && credentialService(query).equals("s3");
    boolean byHeader = head.amazonService.equals("s3") && head.amazonChecksum;
    // The signature may come after the visible part of a long head; the response then decides.
    boolean maybe = head.amazonService.isEmpty() && head.amazonChecksum;
    if (!byUrl && !byHeader && !maybe || !path.startsWith("/") || method.isEmpty()) {
      return null;
    }
    String host = hostBucket(head.host);
    String rest = path.substring(1);
    String bucket = host;
    if (host.isEmpty()) {
      int slash = rest.indexOf('/');
      bucket = slash < 0 ? rest : rest.substring(0, slash);
      rest = slash < 0 ? "" : rest.substring(slash + 1);
    }
    String operation = operation(method, bucket, rest, query, head.amazonCopy);
    return operation.isEmpty()
        ? null
        : new S3Api(operation, isBucket(bucket) ? bucket : "", byUrl || byHeader);
  }

  private static String credentialService(String query) {
    int at = query.indexOf("X-Amz-Credential=");
    if (at < 0) {
      return "";
    }
    int end = query.indexOf('&', at);
    String credential = query.substring(at + 17, end < 0 ? query.length() : end);
    return ApiHead.serviceOf(credential.replace("%2F", "/").replace("%2f", "/"), '/');
  }

  /**
   * Bucket in the name of a host, as in {@code BUCKET.s3.eu-west-1.amazonaws.com}; otherwise empty.
   */
  private static String hostBucket(String host) {
    if (host.startsWith("s3.") || host.startsWith("s3-")) {
      return "";
    }
    int at = Math.max(host.indexOf(".s3."), host.indexOf(".s3-"));
    return at <= 0 ? "" : host.substring(0, at);
  }

  private static boolean isBucket(String name) {
    return name.matches("[A-Za-z0-9][A-Za-z0-9._-]{1,254}");
  }

  private static String operation(
      String method, String bucket, String key, String query, boolean copies) {
    boolean object = !key.isEmpty();
    String part = part(query);
    if (bucket.isEmpty()) {
      return method.equals("GET") ? "ListBuckets" : "";
    }
    boolean upload = has(query, "uploadId");
    if (!part.isEmpty()) {
      String verb =
          switch (method) {
            case "GET", "HEAD" -> "Get";
            case "PUT" -> "Put";
            case "DELETE" -> "Delete";
            default -> "";
          };
      String of = object || WITHOUT_BUCKET.contains(part) ? "Object" : "Bucket";
      return verb.isEmpty() ? "" : verb + of + PARTS.get(part);
    }
    return switch (method) {
      case "GET" ->
          object
              ? upload ? "ListParts" : "GetObject"
              : has(query, "uploads")
                  ? "ListMultipartUploads"
                  : has(query, "versions")
                      ? "ListObjectVersions"
                      : query.contains("list-type=2") ? "ListObjectsV2" : "ListObjects";
      case "HEAD" -> object ? "HeadObject" : "HeadBucket";
      case "PUT" ->
          !object
              ? "CreateBucket"
              : upload
                  ? copies ? "UploadPartCopy" : "UploadPart"
                  : copies ? "CopyObject" : "PutObject";
      case "DELETE" -> !object ? "DeleteBucket" : upload ? "AbortMultipartUpload" : "DeleteObject";
      case "POST" ->
          has(query, "delete")
              ? "DeleteObjects"
              : has(query, "uploads")
                  ? "CreateMultipartUpload"
                  : upload
                      ? "CompleteMultipartUpload"
                      : has(query, "select")
                          ? "SelectObjectContent"
                          : has(query, "restore") ? "RestoreObject" : "PostObject";
      default -> "";
    };
  }

  private static String part(String query) {
    if (query.isEmpty()) {
      return "";
    }
    int end = query.indexOf('&');
    String first = end < 0 ? query : query.substring(0, end);
    if (first.endsWith("=")) {
      first = first.substring(0, first.length() - 1);
    }
    return PARTS.containsKey(first) ? first : "";
  }

  /** True if the query has this parameter, with a value or without. */
  static boolean has(String query, String name) {
    int at = query.indexOf(name);
    while (at >= 0) {
      int end = at + name.length();
      if ((at == 0 || query.charAt(at - 1) == '&')
          && (end == query.length() || query.charAt(end) == '=' || query.charAt(end) == '&')) {
        return true;
      }
      at = query.indexOf(name, end);
    }
    return false;
  }

  @Override
  boolean readsBody(int status) {
    return status >= 400; // others are objects
  }

  @Override
  int wantedOfRequest(String name) {
    return 0;
  }

  @Override
  void request(String name, char kind, String text) {}

  @Override
  boolean isRefuted() {
    return false;
  }

  @Override
  int wantedOfAnswer(String name) {
    return 0;
  }

  @Override
  void answer(String name, char kind, String text) {}

  @Override
  @Nullable ApiCall call(int status, ApiHead head, @Nullable ApiBody request, ApiBody body) {
    if (!signed && !head.objectStorage) {
      return null;
    }
    String error = body.form() == ApiBody.Form.TEXT && status >= 400 ? error(body.text()) : "";
    return new ApiCall(
            HttpApi.S3,
            "aws-api",
            operation,
            bucket,
            outcome(status),
            error.isEmpty() ? Integer.toString(status) : error)
        .withRequestId(head.amazonRequestId);
  }

  /** Code of an error, as in {@code <Error><Code>NoSuchKey</Code>}; otherwise empty. */
  static String error(String xml) {
    int at = xml.indexOf("<Code>");
    int end = xml.indexOf("</Code>", Math.max(at, 0));
    String code = at < 0 || end < 0 ? "" : xml.substring(at + 6, end);
    return code.matches("[A-Za-z0-9._]{1,64}") ? code : "";
  }
}
