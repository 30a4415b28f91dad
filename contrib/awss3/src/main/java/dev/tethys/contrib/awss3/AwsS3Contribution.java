package dev.tethys.contrib.awss3;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.exporter.awss3.AwsS3ExporterFactory;
import dev.tethys.pipeline.receiver.awss3.AwsS3ReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Exporter and receiver of objects in S3. */
public final class AwsS3Contribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    return List.of(new AwsS3ExporterFactory(clients), new AwsS3ReceiverFactory(clients));
  }
}
