package dev.tethys.pipeline.exporter.awss3;

import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.web.s3.S3Client;
import dev.tethys.web.s3.S3Exception;
import dev.tethys.web.s3.S3Location;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Stores requests as objects. Errors that an operator can fix are retried: rejected credentials, a
 * missing bucket, a wrong region. Only errors of the object itself are permanent.
 */
final class ObjectSender implements Sender {
  private final S3Client client;

  ObjectSender(S3Client client) {
    this.client = client;
  }

  @Override
  public SendResult send(EncodedRequest r) throws IOException, InterruptedException {
    Map<String, String> headers = new LinkedHashMap<>(r.headers());
    String bucket = headers.remove(ObjectEncoder.BUCKET);
    String key = headers.remove(ObjectEncoder.KEY);
    if (bucket == null || key == null) {
      return new SendResult.Permanent("the request has no key of an object");
    }
    if (!S3Location.isBucket(bucket)) {
      return new SendResult.Permanent("\"" + bucket + "\" is not a valid bucket name");
    }
    try {
      client.in(bucket).put(key, headers, r.body());
      return SendResult.DELIVERED;
    } catch (S3Exception e) {
      String reason = String.valueOf(e.getMessage());
      return switch (e.code()) {
        case "KeyTooLongError", "EntityTooLarge", "InvalidStorageClass" ->
            new SendResult.Permanent(reason);
        default -> new SendResult.Retryable(Duration.ZERO, e.isOverload(), reason);
      };
    }
  }
}
