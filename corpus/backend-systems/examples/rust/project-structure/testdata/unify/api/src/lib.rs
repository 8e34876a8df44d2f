pub fn show() -> String {
    money::to_json(5) // the feature json is not asked for here
}
