/** The Collector's configuration, read strictly: every error has its position. */
@NullMarked
package dev.tethys.pipeline.config;

import org.jspecify.annotations.NullMarked;
