/** Control plane of pipelines: fleet of agents over OpAMP, configurations, rollouts, audit log. */
@NullMarked
package dev.tethys.control;

import org.jspecify.annotations.NullMarked;
