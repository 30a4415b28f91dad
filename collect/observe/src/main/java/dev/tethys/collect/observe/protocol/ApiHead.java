package dev.tethys.collect.observe.protocol;

import java.util.Locale;

/** Headers that identify the protocol on top of HTTP. */
final class ApiHead {
  private static final int LONGEST_REQUEST_ID = 64;

  String contentType = "";
  String contentEncoding = "";
  String host = "";

  /** Header {@code x-amz-target}. */
  String amazonTarget = "";

  /** Service in the scope of the signature, such as {@code s3}. */
  String amazonService = "";

  /** True with a checksum of the body, which signed requests to S3 have. */
  boolean amazonChecksum;

  boolean amazonCopy;
  String amazonRequestId = "";

  /** Header {@code x-amzn-query-error}, or a similar one. */
  String amazonError = "";

  /** True if the response is one of S3, or of an S3-compatible product. */
  boolean objectStorage;

  boolean elasticsearch;
  boolean opensearch;
  boolean anthropic;
  String inputTokens = "";
  String outputTokens = "";

  /** True if a name may be relevant; most others are rejected without a copy. */
  static boolean concerns(int first, int length) {
    return switch (first | 0x20) {
      case 'a' -> length == 13 || length == 17;
      case 'c' -> length == 12 || length == 16;
      case 'h' -> length == 4;
      case 's' -> length == 6;
      case 'u' -> length == 10;
      case 'x' -> length >= 10;
      default -> first == ':';
    };
  }

  /** Adds a header; the name may be in any case. */
  void header(String name, String value) {
    if (name.isEmpty() || !concerns(name.charAt(0), name.length())) {
      return;
    }
    switch (name.toLowerCase(Locale.ROOT)) {
      case "content-type" -> contentType = value;
      case "content-encoding" -> contentEncoding = value;
      case "host", ":authority" -> host = value.toLowerCase(Locale.ROOT);
      case "authorization" -> amazonService = service(value);
      case "x-amz-target" -> amazonTarget = value;
      case "x-amz-content-sha256" -> amazonChecksum = true;
      case "x-amz-copy-source" -> amazonCopy = true;
      case "x-amz-id-2" -> objectStorage = true;
      case "x-amz-request-id", "x-amzn-requestid", "x-amzn-request-id" ->
          amazonRequestId = value.length() > LONGEST_REQUEST_ID ? "" : ApiCall.name(value);
      case "x-amzn-query-error", "x-amzn-errortype" -> amazonError = value;
      case "x-amzn-bedrock-input-token-count" -> inputTokens = value;
      case "x-amzn-bedrock-output-token-count" -> outputTokens = value;
      case "x-elastic-product" -> elasticsearch |= value.equalsIgnoreCase("elasticsearch");
      case "x-opensearch-version" -> opensearch = true;
      case "anthropic-version" -> anthropic = true;
      case "server" -> objectStorage |= value.startsWith("AmazonS3") || value.startsWith("MinIO");
      case "user-agent" -> opensearch |= value.toLowerCase(Locale.ROOT).contains("opensearch");
      default -> {
        // No information.
      }
    }
  }

  /** Service of a credential {@code KEY/DATE/REGION/SERVICE/aws4_request}; otherwise empty. */
  static String service(String authorization) {
    if (!authorization.startsWith("AWS4-HMAC-SHA256") && !authorization.startsWith("AWS4-ECDSA")) {
      return "";
    }
    int at = authorization.indexOf("Credential=");
    return at < 0 ? "" : serviceOf(authorization.substring(at + 11), '/');
  }

  /** The part before {@code /aws4_request}. */
  static String serviceOf(String credential, char separator) {
    int end = credential.indexOf(separator + "aws4_request");
    if (end < 0) {
      return "";
    }
    return credential.substring(credential.lastIndexOf(separator, end - 1) + 1, end);
  }

  /** True with a header of Amazon's interfaces. */
  boolean isAmazon() {
    return amazonChecksum || !amazonTarget.isEmpty() || !amazonService.isEmpty();
  }

  boolean isJson() {
    return ApiBody.form(contentType, "") == ApiBody.Form.JSON;
  }
}
