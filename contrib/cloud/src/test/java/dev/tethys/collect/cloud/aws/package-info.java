@NullMarked
package dev.tethys.collect.cloud.aws;

import org.jspecify.annotations.NullMarked;
