@NullMarked
package dev.tethys.collect.cloud.gcp;

import org.jspecify.annotations.NullMarked;
