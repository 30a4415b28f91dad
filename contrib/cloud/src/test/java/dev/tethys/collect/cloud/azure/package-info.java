@NullMarked
package dev.tethys.collect.cloud.azure;

import org.jspecify.annotations.NullMarked;
