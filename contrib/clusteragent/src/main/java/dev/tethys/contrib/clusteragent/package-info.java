/** Cluster agent: reads databases at intervals and sends their metrics. */
@NullMarked
package dev.tethys.contrib.clusteragent;

import org.jspecify.annotations.NullMarked;
