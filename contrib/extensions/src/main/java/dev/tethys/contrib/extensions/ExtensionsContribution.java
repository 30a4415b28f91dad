package dev.tethys.contrib.extensions;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.extension.forwarder.HttpForwarderFactory;
import dev.tethys.pipeline.extension.pprof.PprofExtensionFactory;
import dev.tethys.pipeline.extension.sampling.RemoteSampling;
import dev.tethys.pipeline.extension.zpages.ZPagesFactory;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/** Extensions that few graphs have. */
public final class ExtensionsContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    BuildInfo build = BuildInfo.current();
    return List.of(
        new HttpForwarderFactory(clients),
        new PprofExtensionFactory(),
        new RemoteSampling(clients),
        new ZPagesFactory(build.version(), build.revision()));
  }
}
