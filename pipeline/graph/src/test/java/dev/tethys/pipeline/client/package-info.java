@NullMarked
package dev.tethys.pipeline.client;

import org.jspecify.annotations.NullMarked;
