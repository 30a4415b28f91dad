/** Keys of all discovery mechanisms in the configuration of a job. */
@NullMarked
package dev.tethys.collect.discovery.config;

import org.jspecify.annotations.NullMarked;
