"""Where faces come from: CelebA, any folder of labelled pictures, or drawn ones; and the prepared data set."""
