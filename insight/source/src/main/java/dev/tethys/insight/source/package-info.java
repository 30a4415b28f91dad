/**
 * Metric cache of Prometheus-compatible sources. {@link dev.tethys.insight.source.InsightSources}
 * copies the wanted series of each source into a store on disk, which queries read together with
 * the server's own by {@link dev.tethys.insight.source.JoinedStores}.
 */
@NullMarked
package dev.tethys.insight.source;

import org.jspecify.annotations.NullMarked;
