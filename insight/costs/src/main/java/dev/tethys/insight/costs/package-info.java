/** Price lists in files, and the costs of nodes, workloads and services by observed use. */
@NullMarked
package dev.tethys.insight.costs;

import org.jspecify.annotations.NullMarked;
