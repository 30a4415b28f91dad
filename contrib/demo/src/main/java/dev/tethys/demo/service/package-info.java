/** Services of the shop, instrumented with spans, logs and metrics. */
@NullMarked
package dev.tethys.demo.service;

import org.jspecify.annotations.NullMarked;
