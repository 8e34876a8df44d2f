pub const NAME: &str = "sms";
